import { request } from './api.js'

const dialog = document.querySelector('#login-dialog')

export function askForLogin() {
  dialog.showModal()
}

/** Shows who is logged in, and makes login, logout and the author's form work. Resolves to `{ user, author }`. */
export async function showSession() {
  const session = await request('GET', '/session')
  const [user, login, logout] = ['#user', '#login', '#logout'].map((selector) => document.querySelector(selector))
  user.textContent = session.user ?? ''
  login.hidden = session.user !== null
  logout.hidden = session.user === null
  document.querySelector('#write').hidden = !session.author
  login.addEventListener('click', askForLogin)
  logout.addEventListener('click', () => request('DELETE', '/session').then(() => location.reload()))
  document.querySelector('#cancel').addEventListener('click', () => dialog.close())
  send('#login-form', (fields) => request('POST', '/session', fields))
  send('#draft', (fields) => request('POST', '/api/posts', fields))
  return session
}

/** Sends a form as JSON; the page is made anew when it succeeds. */
function send(selector, work) {
  const form = document.querySelector(selector)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      await work(Object.fromEntries(new FormData(form)))
      location.reload()
    } catch (error) {
      form.querySelector('.problem').textContent = error.message
    }
  })
}
